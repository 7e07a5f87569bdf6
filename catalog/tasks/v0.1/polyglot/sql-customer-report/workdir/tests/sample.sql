INSERT INTO customers VALUES (1, 'Ada'), (2, 'Grace');
INSERT INTO orders VALUES (1, 1, 1000, 100, 'sent');
INSERT INTO payments VALUES (1, 1, 400), (2, 1, 500);
