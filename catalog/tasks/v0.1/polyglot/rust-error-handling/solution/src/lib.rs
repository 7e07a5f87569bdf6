/// A field that is not a whole number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub index: usize,
    pub value: String,
}

impl std::fmt::Display for FieldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "field {}: {:?} is not a whole number", self.index, self.value)
    }
}

impl std::error::Error for FieldError {}

/// Adds up the comma-separated whole numbers in `line`, as a user typed them.
pub fn sum_fields(line: &str) -> Result<i64, FieldError> {
    if line.trim().is_empty() {
        return Ok(0);
    }
    let mut sum = 0;
    for (index, field) in line.split(',').enumerate() {
        let field = field.trim();
        sum += field.parse::<i64>().map_err(|_| FieldError { index, value: field.to_string() })?;
    }
    Ok(sum)
}
