SELECT
    customers.name AS customer,
    count(orders.id) AS orders,
    sum(orders.amount - orders.discount) AS ordered,
    sum(payments.amount) AS paid,
    sum(orders.amount - orders.discount) - sum(payments.amount) AS open
FROM customers
JOIN orders ON orders.customer_id = customers.id
LEFT JOIN payments ON payments.order_id = orders.id
WHERE orders.status != 'cancelled' OR orders.status IS NULL
GROUP BY customers.name
ORDER BY open DESC;
