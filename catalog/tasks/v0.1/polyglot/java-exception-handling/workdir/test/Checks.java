import java.io.StringReader;

public class Checks {
    public static void main(String[] arguments) throws Exception {
        String got = SafeReader.firstLine(new StringReader("one\ntwo\n"));
        if (!got.equals("one")) {
            throw new AssertionError("got " + got);
        }
        System.out.println("fine");
    }
}
