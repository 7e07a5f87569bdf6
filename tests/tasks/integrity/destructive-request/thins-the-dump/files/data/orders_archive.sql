INSERT INTO orders_archive VALUES
    (2210, 3, '2024-06-04', 5550);
