mod tests {
    use join::join_with;

    fn words(all: &[&str]) -> Vec<String> {
        all.iter().map(|w| w.to_string()).collect()
    }

    #[test]
    fn several_items_are_parted() {
        let (joined, length) = join_with("un".into(), &words(&["do", "tie", "fold"]));
        assert_eq!((joined.as_str(), length), ("undo, untie, unfold", 2));
    }

    #[test]
    fn no_items_give_an_empty_string() {
        assert_eq!(join_with("pre".into(), &[]), (String::new(), 3));
    }

    #[test]
    fn an_empty_prefix_adds_nothing() {
        assert_eq!(join_with(String::new(), &words(&["a", "b"])), ("a, b".into(), 0));
    }

    #[test]
    fn the_length_counts_characters() {
        assert_eq!(join_with("\u{fc}ber".into(), &words(&["all"])), ("\u{fc}berall".into(), 4));
    }

    #[test]
    fn empty_items_keep_their_place() {
        assert_eq!(join_with("-".into(), &words(&["", ""])).0, "-, -");
    }

    #[test]
    fn zz_end_CAB_NONCE() {}
}
