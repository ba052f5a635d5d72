package fake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Curve is what a query gives over time: a value, or none.
type Curve func(at time.Time) (value float64, ok bool)

// A Prometheus answers range queries as a Prometheus server does. It does not
// understand PromQL: it knows whole queries and the curves they give.
type Prometheus struct {
	token string

	mu     sync.Mutex
	curves map[string][]Curve
	asked  int
}

// NewPrometheus returns a server that accepts a bearer token, anybody when it
// is empty, and knows no query.
func NewPrometheus(token string) *Prometheus {
	return &Prometheus{token: token, curves: map[string][]Curve{}}
}

// Set gives a query its series, one for each curve. A query without any gives
// an empty answer.
func (p *Prometheus) Set(query string, curves ...Curve) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.curves[query] = curves
}

// Asked returns how many queries were answered.
func (p *Prometheus) Asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func (p *Prometheus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.token != "" && r.Header.Get("Authorization") != "Bearer "+p.token {
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}
	if !strings.HasSuffix(r.URL.Path, "/api/v1/query_range") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	from, err1 := strconv.ParseFloat(r.FormValue("start"), 64)
	until, err2 := strconv.ParseFloat(r.FormValue("end"), 64)
	step, err3 := strconv.ParseFloat(r.FormValue("step"), 64)
	query := r.FormValue("query")
	if strings.Count(query, "(") != strings.Count(query, ")") || err1 != nil || err2 != nil || err3 != nil || step <= 0 {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:1: parse error"}`)
		return
	}
	type series struct {
		Metric map[string]string `json:"metric"`
		Values [][2]any          `json:"values"`
	}
	result := []series{}
	p.mu.Lock()
	curves := p.curves[query]
	p.asked++
	p.mu.Unlock()
	for i, curve := range curves {
		s := series{Metric: map[string]string{"curve": strconv.Itoa(i)}}
		for at := from; at <= until; at += step {
			if v, ok := curve(time.Unix(int64(at), 0).UTC()); ok {
				s.Values = append(s.Values, [2]any{at, strconv.FormatFloat(v, 'g', -1, 64)})
			}
		}
		if len(s.Values) > 0 {
			result = append(result, s)
		}
	}
	// A client that went away is not an error that the server can mend.
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"resultType": "matrix", "result": result}})
}
