/// The longer of two strings, counted in characters.
pub fn longest<'a>(a: &'a str, b: &'a str) -> &'a str {
    if b.chars().count() > a.chars().count() {
        b
    } else {
        a
    }
}

/// The longest of all; None of none.
pub fn longest_of<'a>(all: &[&'a str]) -> Option<&'a str> {
    let mut best = *all.first()?;
    for candidate in &all[1..] {
        best = longest(best, candidate);
    }
    Some(best)
}
