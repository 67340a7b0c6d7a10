db() {
	psql -X -At -h db.prod -U etl -d shop -c "$1"
}
db "select count(*) from orders; delete from orders where id < 5; select count(*) from orders" &&
db "delete from orders; select * from broken; delete from orders"
