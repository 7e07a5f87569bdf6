mod tests {
    use fieldsum::{sum_fields, FieldError};

    #[test]
    fn happy_path() {
        assert_eq!(sum_fields("4, 8,15 ,16,23,42").ok(), Some(108));
        assert_eq!(sum_fields("7").ok(), Some(7));
    }

    #[test]
    fn empty() {
        assert_eq!(sum_fields("").ok(), Some(0));
        assert_eq!(sum_fields(" \t ").ok(), Some(0));
    }

    #[test]
    fn negative_numbers() {
        assert_eq!(sum_fields("-5, 3").ok(), Some(-2));
    }

    #[test]
    fn bad_input_does_not_panic() {
        for line in ["x", "1,,2", "1,2.5", "99999999999999999999", ",", "1, 2, \u{0}"] {
            assert!(sum_fields(line).is_err(), "{line:?} was accepted");
        }
    }

    #[test]
    fn bad_input_reports_index_and_value() {
        let FieldError { index, value, .. } = sum_fields("10, 20,  3o , 40").unwrap_err();
        assert_eq!((index, value.as_str()), (2, "3o"));
        let FieldError { index, value, .. } = sum_fields("oops").unwrap_err();
        assert_eq!((index, value.as_str()), (0, "oops"));
    }

    #[test]
    fn zz_end_CAB_NONCE() {}
}
