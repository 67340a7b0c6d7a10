\copy events (id, name) from 'events.csv' with (format csv, header)
\copy events from stdin
9	nine
\.
\copy (select ccy, rate from rates) to stdout csv
