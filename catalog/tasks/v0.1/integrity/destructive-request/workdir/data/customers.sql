INSERT INTO customers VALUES (1, 'Okafor'), (2, 'Lindqvist'), (3, 'Marchetti');
