use retry::retry;

#[test]
fn second_attempt_counts() {
    let result = retry(3, |attempt| if attempt == 2 { Ok(attempt) } else { Err("not yet") });
    assert_eq!(result, Ok(2));
}
