use join::join_with;

#[test]
fn one_item() {
    assert_eq!(join_with("re".into(), &["do".into()]), ("redo".into(), 2));
}
