import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;

/** Reads the first line of a source, which it owns. */
public final class SafeReader {
    private SafeReader() {}

    /** The first line without its end; "" of an empty source. */
    public static String firstLine(Reader source) throws IOException {
        try (BufferedReader lines = new BufferedReader(source)) {
            String line = lines.readLine();
            return line == null ? "" : line;
        }
    }
}
