package promql

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/connectors"
)

const (
	source = "measures"
	token  = "prom-SecretToken-0123456789"
)

// noon is the present of most tests.
var noon = time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)

// A server answers range queries as a Prometheus server does, from series of
// one value a day.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	series   map[string][]map[string]float64 // by query, then by day
	fault    func(w http.ResponseWriter) bool
	requests []string // queries
	token    string
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{series: map[string][]map[string]float64{}, token: token}
	s.Server = httptest.NewServer(http.HandlerFunc(s.query))
	t.Cleanup(s.Close)
	return s
}

// set gives a query one series with a value for each of the last days.
func (s *server) set(query string, last time.Time, values ...float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	days := map[string]float64{}
	for i, v := range values {
		days[last.AddDate(0, 0, i-len(values)+1).Format(time.DateOnly)] = v
	}
	s.series[query] = []map[string]float64{days}
}

func (s *server) breakWith(f func(w http.ResponseWriter) bool) (heal func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
	return func() { s.breakWith(nil) }
}

func (s *server) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

func (s *server) query(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != nil && s.fault(w) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path != "/prom/api/v1/query_range" || r.Header.Get("Authorization") != "Bearer "+s.token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	query := r.FormValue("query")
	s.requests = append(s.requests, query)
	if strings.Contains(query, "(((") {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"status":"error","errorType":"bad_data","error":"1:4: parse error: unclosed left parenthesis"}`)
		return
	}
	if query == "too slow" {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}`)
		return
	}
	start, _ := strconv.ParseFloat(r.FormValue("start"), 64)
	end, _ := strconv.ParseFloat(r.FormValue("end"), 64)
	step, _ := strconv.ParseFloat(r.FormValue("step"), 64)
	type stream struct {
		Metric map[string]string `json:"metric"`
		Values [][2]any          `json:"values"`
	}
	result := []stream{}
	for i, days := range s.series[query] {
		one := stream{Metric: map[string]string{"n": strconv.Itoa(i)}}
		for at := start; at <= end; at += step {
			if v, ok := days[time.Unix(int64(at), 0).UTC().Format(time.DateOnly)]; ok {
				one.Values = append(one.Values, [2]any{at, strconv.FormatFloat(v, 'g', -1, 64)})
			}
		}
		if len(one.Values) > 0 {
			result = append(result, one)
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"resultType": "matrix", "result": result}})
}

// decoder decodes a section of the configuration, strictly.
func decoder(text string) func(any) error {
	return func(into any) error {
		d := yaml.NewDecoder(strings.NewReader(text))
		d.KnownFields(true)
		return d.Decode(into)
	}
}

func newConnector(t *testing.T, url string, now time.Time, outcomes ...connectors.Outcome) connectors.Connector {
	t.Helper()
	t.Setenv("WORKDRIFT_TEST_TOKEN", token)
	c, err := New(connectors.Env{Source: source, Now: func() time.Time { return now }, Outcomes: outcomes},
		decoder("token_env: WORKDRIFT_TEST_TOKEN\nbase_url: "+url+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
