use longest::longest;

#[test]
fn the_right_one_is_longer() {
    assert_eq!(longest("ab", "abc"), "abc");
}
