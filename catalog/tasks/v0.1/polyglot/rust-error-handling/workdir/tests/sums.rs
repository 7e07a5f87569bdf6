use fieldsum::sum_fields;

#[test]
fn adds_what_the_user_typed() {
    assert_eq!(sum_fields("1, 2, 3").unwrap(), 6);
}

#[test]
fn reports_what_is_not_a_number() {
    let error = sum_fields("1, two, 3").unwrap_err();
    assert_eq!((error.index, error.value.as_str()), (1, "two"));
}
