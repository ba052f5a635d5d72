package deploytest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/demotest"
	"github.com/workdrift/workdrift/internal/tooltest"
)

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
	return path, demotest.Build(path)
})

// A demo is a running one.
type demo struct{ *demotest.Demo }

// startDemo runs the demo until the test ends, and waits for its first report.
func startDemo(t *testing.T, args ...string) *demo {
	t.Helper()
	exe, err := program()
	if err != nil {
		t.Fatal(err)
	}
	d := &demo{demotest.Start(t, exe, args...)}
	get(t, d.URL+"/metrics") // requests are counted once they are answered
	return d
}

// metrics returns what the demo exposes.
func (d *demo) metrics(t *testing.T) string {
	t.Helper()
	code, body := get(t, d.URL+"/metrics")
	if code != http.StatusOK {
		t.Fatalf("metrics: %d %s", code, body)
	}
	return body
}

// startPrometheus runs a Prometheus with a configuration until the test ends.
func startPrometheus(t *testing.T, config string) (base string) {
	t.Helper()
	exe, address := tooltest.Need(t, "prometheus"), demotest.FreePort(t)
	demotest.Launch(t, exe, "--config.file="+config, "--storage.tsdb.path="+t.TempDir(), "--web.listen-address="+address, "--log.level=warn")
	base = "http://" + address
	demotest.Await(t, "Prometheus to be ready", func() bool { code, _ := get(t, base+"/-/ready"); return code == http.StatusOK })
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
