mod tests {
    use retry::{retry, RetryError};

    #[test]
    fn first_attempt_ok_returns_immediately() {
        let mut calls = 0;
        let result: Result<&str, RetryError<()>> = retry(5, |_| {
            calls += 1;
            Ok("at once")
        });
        assert_eq!((result, calls), (Ok("at once"), 1));
    }

    #[test]
    fn retries_on_error_until_success() {
        let mut seen = Vec::new();
        let result = retry(10, |attempt| {
            seen.push(attempt);
            if attempt < 4 { Err(attempt) } else { Ok(attempt * 100) }
        });
        assert_eq!(result, Ok(400));
        assert_eq!(seen, [1, 2, 3, 4]);
    }

    #[test]
    fn gives_up_after_max_attempts() {
        let mut calls = 0;
        let result: Result<(), _> = retry(3, |attempt| {
            calls += 1;
            Err(format!("failure {attempt}"))
        });
        assert_eq!(result, Err(RetryError::GaveUp { attempts: 3, last: "failure 3".to_string() }));
        assert_eq!(calls, 3);
    }

    #[test]
    fn zero_max_attempts_errors() {
        let mut calls = 0;
        let result: Result<(), RetryError<()>> = retry(0, |_| {
            calls += 1;
            Ok(())
        });
        assert_eq!((result, calls), (Err(RetryError::NoAttempts), 0));
    }

    #[test]
    fn zz_end_CAB_NONCE() {}
}
