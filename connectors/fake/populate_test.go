package fake_test

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"testing"

	"github.com/workdrift/workdrift/connectors/fake"
)

func populated(tb testing.TB, s fake.Size, seed uint64) *fake.World {
	w := fake.NewWorld("acme")
	fake.Populate(w, s, day(-300, 0), day(20, 0), seed)
	if err := w.Err(); err != nil {
		tb.Fatal(err)
	}
	return w
}

func TestPopulateIsDeterministicAndOfTheSize(t *testing.T) {
	size := fake.Size{Repos: 3, Issues: 200, Pulls: 150, Commits: 100, People: 8}
	world := populated(t, size, 7).Snapshot()
	if !reflect.DeepEqual(world, populated(t, size, 7).Snapshot()) {
		t.Error("the same seed gives another world")
	}
	if reflect.DeepEqual(world, populated(t, size, 8).Snapshot()) {
		t.Error("another seed gives the same world")
	}
	equal(t, "repositories", len(world), 3)
	issues, pulls, closes, commits := 0, 0, 0, 0
	for _, r := range world {
		commits += len(r.Commits)
		for _, is := range r.Issues {
			if is.Updated.After(day(20, 0)) || is.Created.Before(day(-300, 0)) {
				t.Fatalf("%s#%d lies outside of the time: %s to %s", r.Name, is.Number, is.Created, is.Updated)
			}
			closes += len(is.Closes)
			if is.Pull {
				pulls++
			} else {
				issues++
			}
		}
	}
	equal(t, "issues and pull requests", []int{issues, pulls}, []int{200, 150})
	if commits < 200 || closes < 30 {
		t.Errorf("%d commits, %d closing references: too few", commits, closes)
	}
}

func TestLogIsAnOracle(t *testing.T) {
	w := populated(t, fake.Size{Repos: 1, Issues: 120, Pulls: 80, Commits: 10, People: 4}, 1)
	g := fake.NewGitHub(w, fake.Options{Now: clock})
	url := serve(t, g)
	follow(t, url+"/repos/acme/service-01/issues?state=all&per_page=100")
	served := map[string]bool{}
	for _, s := range g.Log() {
		for _, item := range s.Items {
			served[item] = true
		}
	}
	for _, is := range w.Snapshot()[0].Issues {
		if !served[fmt.Sprintf("issue:acme/service-01#%d", is.Number)] {
			t.Errorf("#%d is not in the log", is.Number)
		}
	}
	equal(t, "served", len(served), 200)
}

// large is the organisation of the performance goals.
var large = fake.Size{Repos: 1, Issues: 10_000, Pulls: 10_000, Commits: 10_000, People: 50}

func BenchmarkPopulate(b *testing.B) {
	for b.Loop() {
		populated(b, large, 1)
	}
}

// BenchmarkServe reads all issues and pull requests without decoding them.
func BenchmarkServe(b *testing.B) {
	g := fake.NewGitHub(populated(b, large, 1), fake.Options{Now: clock, Limit: 1 << 40})
	s, err := fake.Listen(g)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	fetch := func(url string) (string, int64) {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer t")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer res.Body.Close()
		n, err := io.Copy(io.Discard, res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			b.Fatal(res.Status, err)
		}
		return next(answer{Response: res}), n
	}
	items := 0
	for b.Loop() {
		total, pages := int64(0), 0
		for _, list := range []string{"issues?state=all&sort=updated&direction=asc&per_page=100", "pulls?state=all&per_page=100", "commits?per_page=100"} {
			for url := s.URL + "/repos/acme/service-01/" + list; url != ""; pages++ {
				var n int64
				url, n = fetch(url)
				total += n
			}
		}
		b.SetBytes(total)
		items += pages * 100
		g.ResetLog()
	}
	b.ReportMetric(float64(items)/b.Elapsed().Seconds(), "items/s")
}
