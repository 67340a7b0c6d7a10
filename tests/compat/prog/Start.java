import java.io.IOException;
import java.util.Map;

/** Start PROGRAM ARG...: starts it by ProcessBuilder (through jspawnhelper, the default, or by fork or vfork:
 * -Djdk.lang.Process.launchMechanism), with its own environment and an empty one, and by Runtime.exec. */
public class Start {
    public static void main(String[] command) throws IOException, InterruptedException {
        ProcessBuilder own = new ProcessBuilder(command).inheritIO();
        finish(own.start());
        Map<String, String> environment = own.environment();
        environment.clear();
        finish(own.start());
        Process process = Runtime.getRuntime().exec(command);
        process.getInputStream().transferTo(System.out);
        finish(process);
        System.out.flush();
    }

    private static void finish(Process process) throws InterruptedException {
        int code = process.waitFor();
        if (code != 0)
            throw new IllegalStateException("exit " + code);
    }
}
