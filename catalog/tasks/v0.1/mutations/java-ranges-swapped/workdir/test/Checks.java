import java.util.List;

public class Checks {
    public static void main(String[] arguments) {
        var got = Ranges.merge(List.of(new Ranges.Range(5, 8), new Ranges.Range(1, 6)));
        if (!got.equals(List.of(new Ranges.Range(1, 8)))) {
            throw new AssertionError("got " + got);
        }
        System.out.println("fine");
    }
}
