psql -X -At -h /var/run/postgresql -U etl -d shop -c 'select 1'
psql -X -At -h /srv/pg -p 6000 -U etl -d shop -c 'select 1'
psql -X -At -h /srv/pg -p 6000 -U etl -d shops -c 'select 1' 2>&1
