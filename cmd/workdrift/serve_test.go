package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/internal/tooltest"
)

func TestMetricsAreCleanForPromtool(t *testing.T) {
	promtool := tooltest.Need(t, "promtool")
	c := newCompany(t, 6)
	r := start(t, c.config(t, t.TempDir(), loopback), 0)
	r.await(t, "complete", complete)
	get(t, r.url+"/metrics") // requests are counted once they are answered
	text := get(t, r.url+"/metrics")
	cmd := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("promtool: %v\n%s", err, out)
	}
	// What the library can say without the tool.
	problems, err := testutil.GatherAndLint(r.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	for _, family := range []string{
		"workdrift_top_objectives_effort_ratio", "workdrift_shadow_effort_ratio", "workdrift_score_unavailable",
		"workdrift_connector_last_success_timestamp_seconds", "workdrift_connector_api_requests_total",
		"workdrift_evaluations_total", "workdrift_config_last_reload_successful", "workdrift_build_info",
		"workdrift_http_requests_total", "go_goroutines",
	} {
		if !strings.Contains(text, "\n"+family+"{") && !strings.Contains(text, "\n"+family+" ") {
			t.Errorf("%s is missing", family)
		}
	}
}

func TestServeBeforeAndAfterTheFirstReport(t *testing.T) {
	c := newCompany(t, 6)
	check := func(r *running, ready int) {
		t.Helper()
		for _, base := range []string{r.url, r.probe} {
			for path, want := range map[string]int{"/-/healthy": 200, "/healthz": 200, "/-/ready": ready, "/readyz": ready} {
				if code, body := request(t, client, "GET", base+path); code != want {
					t.Errorf("%s%s: %d, want %d: %s", base, path, code, want, body)
				}
			}
		}
	}
	// A daemon that never gets to evaluate has no report.
	waiting := start(t, c.config(t, t.TempDir(), loopback), time.Hour)
	check(waiting, http.StatusServiceUnavailable)
	if body := get(t, waiting.url+"/"); !strings.Contains(body, "There is no report yet") {
		t.Error("the page does not say that there is no report")
	}
	if text := get(t, waiting.url+"/metrics"); strings.Contains(text, "workdrift_top_objectives_effort_ratio{") {
		t.Error("a score is exposed before the first report")
	}
	waiting.stop(t)

	r := start(t, c.config(t, t.TempDir(), loopback), 0)
	r.await(t, "complete", complete)
	check(r, http.StatusOK)
	if code, _ := request(t, client, "GET", r.probe+"/metrics"); code != http.StatusNotFound {
		t.Errorf("the probe listener serves metrics: %d", code)
	}
	if body := get(t, r.url+"/objectives"); !strings.Contains(body, "Checkout answers within 300 ms") {
		t.Error("the page does not show the objectives")
	}
}

// Nothing that could change something is on without being asked for.
func TestServeDefaults(t *testing.T) {
	c := newCompany(t, 1)
	off := start(t, c.config(t, t.TempDir(), `web: {listen_address: "127.0.0.1:0"}`+"\n"), time.Hour)
	for path, method := range map[string]string{"/-/reload": "POST", "/debug/pprof/": "GET", "/debug/pprof/heap": "GET", "/debug/pprof/cmdline": "GET"} {
		if code, _ := request(t, client, method, off.url+path); code != http.StatusNotFound {
			t.Errorf("%s %s without being switched on: %d", method, path, code)
		}
	}
	if len(off.probe) > 0 || strings.Contains(off.log.String(), "for=probe") {
		t.Error("there is a probe listener that nobody asked for")
	}
	off.stop(t)
	on := start(t, c.config(t, t.TempDir(), `web: {listen_address: "127.0.0.1:0", enable_pprof: true, allowed_hosts: [drift.example]}`+"\n"), time.Hour)
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap"} {
		if code, _ := request(t, client, "GET", on.url+path); code != http.StatusOK {
			t.Errorf("%s switched on: %d", path, code)
		}
	}
	for host, want := range map[string]int{"drift.example": 200, "evil.example": 421} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", on.url+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("host %s: %d, want %d", host, res.StatusCode, want)
		}
	}
}

func TestServeRefusesToListenOpenly(t *testing.T) {
	c := newCompany(t, 1)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "tls-only.yml"), "tls_server_config: {cert_file: a.pem, key_file: a.key}\n")
	for _, web := range []string{
		`web: {listen_address: "0.0.0.0:0"}`, `web: {listen_address: ":0"}`, `web: {listen_address: "[::]:0"}`,
		`web: {listen_address: "192.0.2.7:9797"}`, `web: {listen_address: "drift.example:9797"}`,
		`web: {listen_address: "0.0.0.0:0", web_config_file: tls-only.yml}`,
	} {
		_, stderr, code := workdrift(t, "serve", "--config", c.config(t, dir, web+"\n"))
		if code != 1 || !regexp.MustCompile(`config\.yaml:\d+:\d+: web\.`).MatchString(stderr) {
			t.Errorf("%s: exit code %d: %s", web, code, stderr)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, databaseFile)); err == nil {
		t.Error("a database was made before the address was refused")
	}
}

// certificate makes a key and a certificate for 127.0.0.1 and returns who
// trusts it.
func certificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "workdrift test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "cert.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return pool
}

// passwordHash is the bcrypt hash of "correct horse", of the least cost.
const passwordHash = "$2a$04$2zXuZz62bpHvxt3wZFGQqOY79V7n4bxCbIDY.t9h85gKeL7CPh5O2"

func TestServeWithTLSAndPasswords(t *testing.T) {
	c := newCompany(t, 1)
	dir := t.TempDir()
	pool := certificate(t, dir)
	write(t, filepath.Join(dir, "web.yml"), fmt.Sprintf(
		"tls_server_config: {cert_file: cert.pem, key_file: key.pem}\nbasic_auth_users: {operator: %q}\n", passwordHash))
	r := start(t, c.config(t, dir, `web: {listen_address: "127.0.0.1:0", probe_address: "localhost:0", web_config_file: web.yml, enable_reload: true}`+"\n"), time.Hour)
	secure := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool}}}
	// In this order: what is wrong must not be let in because of what was right.
	for _, tc := range []struct {
		name, user, password string
		want                 int
	}{
		{"no password", "", "", 401},
		{"the right password", "operator", "correct horse", 200},
		{"a wrong password", "operator", "battery staple", 401},
		{"a wrong user", "root", "correct horse", 401},
		{"no password again", "", "", 401},
	} {
		for _, path := range []string{"/", "/metrics", "/api/v1/report", "/static/style.css", "/-/reload", "/no-such-page", "/-/healthy", "/-/ready"} {
			req, err := http.NewRequestWithContext(t.Context(), "GET", r.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if tc.user != "" {
				req.SetBasicAuth(tc.user, tc.password)
			}
			res, err := secure.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if let := res.StatusCode != 401; let != (tc.want != 401) {
				t.Errorf("%s, %s: %d", tc.name, path, res.StatusCode)
			}
		}
	}
	if code, _ := request(t, client, "GET", strings.Replace(r.url, "https:", "http:", 1)+"/metrics"); code != http.StatusBadRequest {
		t.Errorf("plain HTTP on the TLS port: %d", code)
	}
	if code, _ := request(t, client, "GET", r.probe+"/-/healthy"); code != http.StatusOK {
		t.Errorf("the probe listener asks for a password: %d", code)
	}
}

// R6: a second daemon on the same directory ends soon, and says why.
func TestSecondDaemonIsRefused(t *testing.T) {
	c := newCompany(t, 1)
	dir := t.TempDir()
	path := c.config(t, dir, loopback)
	r := start(t, path, time.Hour)
	began := time.Now()
	_, stderr, code := workdrift(t, "serve", "--config", path)
	took := time.Since(began)
	if code != 1 || !strings.Contains(stderr, filepath.Join(dir, databaseFile)) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	t.Logf("refused after %s: %s", took.Round(time.Millisecond), strings.TrimSpace(stderr))
	// The first one goes on, and its socket is still its own.
	get(t, r.url+"/-/healthy")
	if daemon := dialControl(t.Context(), filepath.Join(dir, controlSocket)); daemon == nil {
		t.Error("the second daemon took the socket of the first")
	}
}

// A source that cannot be reached does not keep the daemon from stopping.
func TestServeStopsWhileASourceHangs(t *testing.T) {
	c := newCompany(t, 1)
	asked := make(chan struct{}, 100)
	c.github.Fault(func(*http.Request) bool {
		select {
		case asked <- struct{}{}:
		default:
		}
		return true
	}, -1, fake.Fault{Kind: fake.Latency})
	path := c.config(t, t.TempDir(), loopback)
	stderr := newOutput()
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() { code <- run(ctx, []string{"serve", "--config", path}, stderr, stderr) }()
	select {
	case <-asked:
	case <-time.After(patience):
		t.Fatalf("the source was never asked:\n%s", stderr)
	}
	cancel()
	select {
	case got := <-code:
		if got != 0 {
			t.Errorf("exit code %d:\n%s", got, stderr)
		}
	case <-time.After(patience):
		t.Fatal("the daemon does not stop")
	}
}
