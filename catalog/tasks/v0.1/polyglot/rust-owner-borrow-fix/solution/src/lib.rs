/// Items with `prefix` before each, parted by ", ", and the length of the prefix in characters.
pub fn join_with(prefix: String, items: &[String]) -> (String, usize) {
    let mut joined = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            joined.push_str(", ");
        }
        joined.push_str(&prefix);
        joined.push_str(item);
    }
    (joined, prefix.chars().count())
}
