// One session for the package, back to the seed for every test.
package session

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func seam(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("seam", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("seam %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func TestMain(m *testing.M) {
	folder, err := exec.Command("seam", "session", "start", "-r", "../rules.json").Output()
	if err != nil {
		panic(err)
	}
	os.Setenv("SEAM_SESSION", strings.TrimSpace(string(folder)))
	code := m.Run()
	exec.Command("seam", "session", "stop").Run()
	os.Exit(code)
}

// world gives a test the seed's world, and its name to what happens in it.
func world(t *testing.T) {
	seam(t, "session", "begin", t.Name())
	t.Cleanup(func() {
		seam(t, "session", "end")
		seam(t, "session", "reset")
	})
}

func TestUpload(t *testing.T) {
	world(t)
	seam(t, "run", "--", "curl", "-sSf", "-X", "PUT", "-d", "hello", "http://raw.s3.amazonaws.com/greeting")
	if state := seam(t, "session", "state", "lake", "--key", "greeting"); !strings.Contains(state, `"text": "hello"`) {
		t.Fatal(state)
	}
}

func TestNextDoesNotSeeIt(t *testing.T) {
	world(t)
	if state := seam(t, "session", "state", "lake"); strings.Contains(state, "greeting") || !strings.Contains(state, "seed.txt") {
		t.Fatal(state)
	}
}
