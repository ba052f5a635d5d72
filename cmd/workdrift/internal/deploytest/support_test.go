package deploytest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/workdrift/workdrift/internal/tooltest"
)

// patience is how long a test waits for what must come. Only a defect, or a
// machine with far too much to do, uses it up.
const patience = 4 * time.Minute

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// await asks again and again until what is awaited has come.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); !is(); {
		if time.Now().After(late) {
			t.Fatalf("in vain for %s: %s", patience, what)
		}
		select { // another program changes it, and nobody tells when
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// launch runs a program until the test ends. What it wrote is told when the test
// fails.
func launch(t *testing.T, path string, args ...string) (said func() string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), filepath.Base(path)+".log")
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), path, args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said = func() string {
		text, _ := os.ReadFile(log)
		return string(text)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // which it cannot refuse or put off; it may have ended by itself
		_ = cmd.Wait()
		out.Close()
		if text := said(); t.Failed() {
			t.Logf("%s:\n%s", filepath.Base(path), text[max(0, len(text)-4000):])
		}
	})
	return said
}

// freePort returns an address that nobody listens on just now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// client asks without keeping connections, so that nothing stays behind.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}

// get returns the status and the body of an address, 0 when nobody answers.
func get(t *testing.T, address string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(body)
}

// ask decodes the JSON that an address answers.
func ask(t *testing.T, into any, base, path string, query url.Values) {
	t.Helper()
	code, body := get(t, base+path+"?"+query.Encode())
	if code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, code, body)
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// programDir is where the program is built.
var programDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "workdrift-deploy-")
	if err != nil {
		panic(err)
	}
	programDir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// program builds the real program, once.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(programDir, "workdrift")
	out, err := exec.Command("go", "build", "-o", path, "github.com/workdrift/workdrift/cmd/workdrift").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, err
})

// A demo is a running one, in a process of its own.
type demo struct{ exe, dir, url string }

// startDemo runs the demo until the test ends, and waits for its first report.
func startDemo(t *testing.T, args ...string) *demo {
	t.Helper()
	exe, err := program()
	if err != nil {
		t.Fatal(err)
	}
	d := &demo{exe: exe, dir: t.TempDir()}
	said := launch(t, exe, append([]string{"demo", "--dir", d.dir, "--listen", "127.0.0.1:0"}, args...)...)
	await(t, "the demo's first report", func() bool { return strings.Contains(said(), "Ctrl-C stops the demo") })
	d.url = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(said())
	get(t, d.url+"/metrics") // requests are counted once they are answered
	return d
}

// tell tells the demo's organisation what to do.
func (d *demo) tell(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), d.exe, append([]string{"demo", "tell", d.dir}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("demo tell %v: %v\n%s", args, err, out)
	}
}

// metrics returns what the demo exposes.
func (d *demo) metrics(t *testing.T) string {
	t.Helper()
	code, body := get(t, d.url+"/metrics")
	if code != http.StatusOK {
		t.Fatalf("metrics: %d %s", code, body)
	}
	return body
}

// startPrometheus runs a Prometheus with a configuration until the test ends.
func startPrometheus(t *testing.T, config string) (base string) {
	t.Helper()
	exe, address := tooltest.Need(t, "prometheus"), freePort(t)
	launch(t, exe, "--config.file="+config, "--storage.tsdb.path="+t.TempDir(), "--web.listen-address="+address, "--log.level=warn")
	base = "http://" + address
	await(t, "Prometheus to be ready", func() bool { code, _ := get(t, base+"/-/ready"); return code == http.StatusOK })
	return base
}

// A sample is a series of an answer of Prometheus with its values.
type sample struct {
	Metric map[string]string `json:"metric"`
	Value  [2]any            `json:"value"`  // of an instant query: time and value
	Values [][2]any          `json:"values"` // of a range query
}

// query asks a Prometheus.
func query(t *testing.T, base, path string, values url.Values) []sample {
	t.Helper()
	var answer struct {
		Data struct {
			Result []sample `json:"result"`
		} `json:"data"`
	}
	ask(t, &answer, base, path, values)
	return answer.Data.Result
}
