curl -s http://api.prod/one | cat
(exec curl -s http://api.prod/two)
curl -s -o later http://api.prod/three &
wait
cat later
exec env -u HOME nice sh -c 'exec sh -c "curl -s http://api.prod/four; echo five"'
