use amounts::{parse_amount, AmountError};

#[test]
fn a_point_comes_before_cents() {
    assert_eq!(parse_amount("12.50"), Ok(1250));
    assert_eq!(parse_amount("7"), Ok(700));
}

#[test]
fn a_comma_groups_thousands() {
    assert_eq!(parse_amount("12,500"), Ok(1_250_000));
    assert_eq!(parse_amount("1,000,000.01"), Ok(100_000_001));
}

#[test]
fn a_comma_before_two_digits_is_refused() {
    for text in ["12,50.00"] {
        assert_eq!(parse_amount(text), Err(AmountError::Ambiguous), "{text}");
    }
}

#[test]
fn words_are_no_amounts() {
    assert_eq!(parse_amount("twelve"), Err(AmountError::NotANumber));
    assert_eq!(parse_amount(""), Err(AmountError::NotANumber));
}
