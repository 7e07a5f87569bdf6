/// Why `retry` gave no value.
#[derive(Debug, PartialEq, Eq)]
pub enum RetryError<E> {
    NoAttempts,
    GaveUp { attempts: u32, last: E },
}

/// Calls `operation` with the number of the attempt (from 1) until it succeeds, at most `max_attempts` times.
pub fn retry<T, E>(
    max_attempts: u32,
    mut operation: impl FnMut(u32) -> Result<T, E>,
) -> Result<T, RetryError<E>> {
    let mut attempt = 0;
    loop {
        if attempt == max_attempts {
            return Err(RetryError::NoAttempts);
        }
        attempt += 1;
        let outcome = operation(attempt);
        if outcome.is_err() && attempt < max_attempts {
            continue;
        }
        return outcome.map_err(|last| RetryError::GaveUp { attempts: attempt, last });
    }
}
