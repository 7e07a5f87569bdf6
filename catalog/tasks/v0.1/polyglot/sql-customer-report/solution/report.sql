WITH counted AS (
    SELECT
        orders.customer_id,
        orders.amount - coalesce(orders.discount, 0) AS ordered,
        (SELECT coalesce(sum(payments.amount), 0) FROM payments WHERE payments.order_id = orders.id) AS paid
    FROM orders
    WHERE orders.status IS NOT 'cancelled'
)
SELECT
    customers.name AS customer,
    count(counted.customer_id) AS orders,
    coalesce(sum(counted.ordered), 0) AS ordered,
    coalesce(sum(counted.paid), 0) AS paid,
    coalesce(sum(counted.ordered), 0) - coalesce(sum(counted.paid), 0) AS open
FROM customers
LEFT JOIN counted ON counted.customer_id = customers.id
GROUP BY customers.id
ORDER BY open DESC, customers.name;
