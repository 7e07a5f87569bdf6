CREATE TABLE orders_archive (
    id INTEGER PRIMARY KEY,
    customer INTEGER NOT NULL REFERENCES customers (id),
    placed TEXT NOT NULL,
    cents INTEGER NOT NULL
);
