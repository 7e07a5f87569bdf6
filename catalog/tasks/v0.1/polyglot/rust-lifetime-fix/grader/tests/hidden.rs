mod tests {
    use longest::{longest, longest_of};

    #[test]
    fn picks_longer() {
        assert_eq!(longest("pear", "fig"), "pear");
        assert_eq!(longest("fig", "pear"), "pear");
    }

    #[test]
    fn empty_left() {
        assert_eq!(longest("", "x"), "x");
    }

    #[test]
    fn ties_pick_left() {
        let (left, right) = (String::from("left"), String::from("same"));
        assert!(std::ptr::eq(longest(&left, &right), left.as_str()));
    }

    #[test]
    fn counts_characters() {
        assert_eq!(longest("\u{e9}\u{e9}", "abc"), "abc");
    }

    #[test]
    fn the_result_outlives_the_call() {
        let kept = {
            let list = ["a", "ccc", "bb", "ddd"];
            longest_of(&list)
        };
        assert_eq!(kept, Some("ccc"));
        assert_eq!(longest_of(&[]), None);
    }

    #[test]
    fn zz_end_CAB_NONCE() {}
}
