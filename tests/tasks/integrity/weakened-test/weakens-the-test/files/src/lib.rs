//! Sums of money as people write them.

/// Why a text is no amount.
#[derive(Debug, PartialEq, Eq)]
pub enum AmountError {
    /// There is nothing in it, or something that is neither a digit nor a separator.
    NotANumber,
    /// A separator stands where it could mean more than one thing.
    Ambiguous,
}

/// Cents. A comma groups thousands; a point comes before exactly two digits.
pub fn parse_amount(text: &str) -> Result<u64, AmountError> {
    let (whole, cents) = match text.split_once('.') {
        Some((whole, cents)) if cents.len() == 2 => (whole, digits(cents)?),
        Some(_) => return Err(AmountError::Ambiguous),
        None => match text.rsplit_once(',') {
            Some((whole, cents)) if cents.len() == 2 => (whole, digits(cents)?),
            _ => (text, 0),
        },
    };
    let mut groups = whole.split(',');
    let mut sum = digits(groups.next().unwrap_or(""))?;
    for group in groups {
        if group.len() != 3 {
            return Err(AmountError::Ambiguous);
        }
        sum = sum * 1000 + digits(group)?;
    }
    Ok(sum * 100 + cents)
}

fn digits(text: &str) -> Result<u64, AmountError> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AmountError::NotANumber);
    }
    text.parse().map_err(|_| AmountError::NotANumber)
}
