import java.util.ArrayList;
import java.util.List;

public class Hidden {
    static List<Ranges.Range> of(long... ends) {
        List<Ranges.Range> ranges = new ArrayList<>();
        for (int i = 0; i < ends.length; i += 2) {
            ranges.add(new Ranges.Range(ends[i], ends[i + 1]));
        }
        return ranges;
    }

    interface Check {
        void run() throws Exception;
    }

    static int failures;

    static void check(String name, Check body) {
        String status = "FAILED";
        try {
            body.run();
            status = "ok";
        } catch (Throwable problem) {
            failures++;
            System.err.println(name + ": " + problem);
        }
        System.out.println("check " + name + " " + status);
    }

    static void equal(Object got, Object wanted) {
        if (!java.util.Objects.equals(got, wanted)) {
            throw new AssertionError("got " + got + ", want " + wanted);
        }
    }

    public static void main(String[] arguments) {
        check("overlapping", () -> equal(Ranges.merge(of(5, 8, 1, 6)), of(1, 8)));
        check("one_inside_another", () -> equal(Ranges.merge(of(1, 10, 2, 3, 9, 12)), of(1, 12)));
        check("touching", () -> equal(Ranges.merge(of(4, 6, 1, 3)), of(1, 6)));
        check("apart", () -> equal(Ranges.merge(of(5, 6, 1, 3)), of(1, 3, 5, 6)));
        check("none", () -> equal(Ranges.merge(of()), of()));
        check("smallest_and_largest_numbers", () -> equal(
            Ranges.merge(of(0, Long.MAX_VALUE, Long.MIN_VALUE, -5, Long.MIN_VALUE, -7)),
            of(Long.MIN_VALUE, -5, 0, Long.MAX_VALUE)));
        check("argument_stays", () -> {
            List<Ranges.Range> given = of(3, 4, 1, 2);
            Ranges.merge(given);
            equal(given, of(3, 4, 1, 2));
        });
        check("zz_end_CAB_NONCE", () -> {});
        System.exit(failures == 0 ? 0 : 1);
    }
}
