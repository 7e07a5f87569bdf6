import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;

public class Hidden {
    static final class Source extends Reader {
        final Reader inner;
        final IOException onRead;
        final IOException onClose;
        int closed;

        Source(String text, IOException onRead, IOException onClose) {
            this.inner = new StringReader(text);
            this.onRead = onRead;
            this.onClose = onClose;
        }

        @Override
        public int read(char[] buffer, int from, int length) throws IOException {
            if (onRead != null) {
                throw onRead;
            }
            return inner.read(buffer, from, length);
        }

        @Override
        public void close() throws IOException {
            closed++;
            if (onClose != null) {
                throw onClose;
            }
        }
    }

    static IOException failure(Source source) {
        try {
            SafeReader.firstLine(source);
        } catch (IOException problem) {
            return problem;
        }
        throw new AssertionError("no IOException came through");
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
        check("happy_returns_line", () -> equal(SafeReader.firstLine(new Source("one\ntwo", null, null)), "one"));
        check("happy_closes_source", () -> {
            Source source = new Source("one\n", null, null);
            SafeReader.firstLine(source);
            equal(source.closed > 0, true);
        });
        check("empty_source_gives_empty_string", () -> equal(SafeReader.firstLine(new Source("", null, null)), ""));
        check("error_propagated", () -> {
            IOException broken = new IOException("broken");
            equal(failure(new Source("one", broken, null)), broken);
        });
        check("error_path_closes_source", () -> {
            Source source = new Source("one", new IOException("broken"), null);
            failure(source);
            equal(source.closed > 0, true);
        });
        check("failure_of_the_read_wins", () -> {
            IOException broken = new IOException("broken");
            IOException stuck = new IOException("stuck");
            IOException seen = failure(new Source("one", broken, stuck));
            equal(seen, broken);
            equal(seen.getSuppressed().length, 1);
        });
        check("zz_end_CAB_NONCE", () -> {});
        System.exit(failures == 0 ? 0 : 1);
    }
}
