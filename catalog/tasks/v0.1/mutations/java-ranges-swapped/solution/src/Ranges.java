import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Ranges of whole numbers, both ends in. */
public final class Ranges {
    private Ranges() {}

    /** From first to last, which is not below first. */
    public record Range(long first, long last) {
        public Range {
            if (last < first) {
                throw new IllegalArgumentException("last " + last + " is below first " + first);
            }
        }
    }

    /** The fewest ranges that hold the same numbers, sorted; the argument is left as it is. */
    public static List<Range> merge(List<Range> ranges) {
        List<Range> sorted = new ArrayList<>(ranges);
        sorted.sort(Comparator.comparingLong(Range::first));
        List<Range> merged = new ArrayList<>();
        for (Range next : sorted) {
            Range before = merged.isEmpty() ? null : merged.get(merged.size() - 1);
            if (before == null || (next.first() > before.last() && next.first() - 1 > before.last())) {
                merged.add(next);
            } else {
                merged.set(merged.size() - 1, new Range(before.first(), Math.max(before.last(), next.last())));
            }
        }
        return merged;
    }
}
