"""Names of the languages' own libraries that a task's source may define too: they are never changed.

Not complete, and need not be: a change that breaks the solution is taken back.
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MEMBERS = _names(
    """
    add addAll all any append apply args array as assign async await bind bool break bytes call catch chars clear clone
    close code collect compare concat contains content copy count data decode default delete diff done drop each encode
    end entries entry equals err error errors exit extend fail false file filter find first flat flush fmt for forEach
    format from get group has hash head header id in include index info init input insert int into invoke is isEmpty
    item items iter iterator join key keys last len length line lines list load lock log lower main map match max
    message method min mode move name names new next nil none not null number object of offset on open option options
    or order out output parent parse path peek poll pop pos print process push put range read readLine reason recv
    reduce release remove repeat replace request reset resolve result return reverse root run search self send set
    shift signal size skip sleep slice some sort source split start state status step stop str string sub substring sum
    super swap tail take text then this throw time to toString total trim true try type unlock unwrap update upper url
    use value values view wait while with write zip
    """
)
_ECMASCRIPT = _MEMBERS | _names("constructor prototype Promise Symbol Map Set Error exports module require undefined")
LIBRARY_NAMES = {
    "python": _MEMBERS
    | _names(
        """
        abs ascii bin chr cls day days dict dir divmod enumerate eval exec float frozenset getattr hasattr hex
        isinstance memoryview month oct ord pow property repr reversed round seconds setattr setUp sorted staticmethod
        tearDown tuple vars year
        """
    ),
    "rust": _MEMBERS | _names("Self Error Result Option Ok Err Some None Box Vec String Iterator Item Output Deref"),
    "go": _MEMBERS
    | _names("Error String ServeHTTP Read Write Close Len Less Swap ctx cap make panic recover byte rune uint"),
    "javascript": _ECMASCRIPT,
    "typescript": _ECMASCRIPT,
    "tsx": _ECMASCRIPT,
    "java": _MEMBERS | _names("Override Object String Math List hashCode compareTo getMessage accept test"),
    "c": _MEMBERS | _names("argc argv errno stdin stdout stderr malloc free NULL"),
    "cpp": _MEMBERS | _names("argc argv std begin cbegin cend front back empty size_type value_type pair"),
    "bash": _MEMBERS | _names("PATH HOME IFS LC_ALL PWD REPLY local declare"),
    "sql": _MEMBERS,
}
"""By language."""
