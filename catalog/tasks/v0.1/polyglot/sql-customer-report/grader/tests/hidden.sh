# Each check asks a fresh database; rows as sqlite3 prints them, columns parted by "|".
sqlite=$1
failures=0

report() { # report 'INSERT ...': the report's rows on these data
  timeout 10 "$sqlite" -batch -bail -init /dev/null :memory: '.read schema.sql' "$1" '.read report.sql'
}

check() { # check NAME DATA WANTED
  if [ "$(report "$2" 2>&1)" = "$3" ]; then echo "check $1 ok"; else echo "check $1 FAILED" && failures=1; fi
}

ada="INSERT INTO customers VALUES (1, 'Ada');"
check customers_without_orders_are_listed "$ada" 'Ada|0|0|0|0'
check several_payments_count_an_order_once \
  "$ada INSERT INTO orders VALUES (1, 1, 1000, 100, 'sent'); INSERT INTO payments VALUES (1, 1, 400), (2, 1, 500);" \
  'Ada|1|900|900|0'
check an_unknown_discount_is_none \
  "$ada INSERT INTO orders VALUES (1, 1, 1000, NULL, 'sent'), (2, 1, 500, 50, 'sent');" 'Ada|2|1450|0|1450'
check cancelled_orders_and_their_payments_do_not_count \
  "$ada INSERT INTO orders VALUES (1, 1, 70, 0, 'cancelled'), (2, 1, 30, 0, 'new'); INSERT INTO payments VALUES (1, 1, 70);" \
  'Ada|1|30|0|30'
check a_customer_with_cancelled_orders_alone_is_listed \
  "$ada INSERT INTO orders VALUES (1, 1, 70, 0, 'cancelled');" 'Ada|0|0|0|0'
check an_order_without_a_status_counts "$ada INSERT INTO orders VALUES (1, 1, 70, 0, NULL);" 'Ada|1|70|0|70'
check customers_of_one_name_stay_apart \
  "$ada INSERT INTO customers VALUES (2, 'Ada'); INSERT INTO orders VALUES (1, 1, 5, 0, 'new'), (2, 2, 7, 0, 'new');" \
  "Ada|1|7|0|7
Ada|1|5|0|5"
check sorted_by_open_then_by_name \
  "INSERT INTO customers VALUES (1, 'Cy'), (2, 'Ben'), (3, 'Dot'); INSERT INTO orders VALUES (1, 3, 9, 0, 'new');" \
  "Dot|1|9|0|9
Ben|0|0|0|0
Cy|0|0|0|0"
names=$(timeout 10 "$sqlite" -batch -header -init /dev/null :memory: '.read schema.sql' "$ada" '.read report.sql' | head -n 1)
if [ "$names" = 'customer|orders|ordered|paid|open' ]; then
  echo "check columns_keep_their_names ok"
else
  echo "check columns_keep_their_names FAILED" && failures=1
fi
echo "check zz_end_CAB_NONCE ok"
exit "$failures"
