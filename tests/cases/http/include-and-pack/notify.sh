hook=https://hooks.slack.com/services/T0/B0/secret
curl -s -w ' %{http_code}\n' http://api.prod/rates
curl -s http://api.prod/health
curl -s -w ' %{http_code}\n' --json '{"text": "ingested 3 rows"}' $hook
curl -s -w ' %{http_code}\n' --json '{"text": "ingested 3 rows"}' $hook
curl -s -w ' %{http_code}\n' --json '{}' $hook
curl -s -w ' %{http_code}\n' --json '{"text": "x"}' https://hooks.slack.com/services/T0
