package confidence

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The oracle tries every sequence of weeks.
func TestForecastIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		net := rapid.SliceOfN(rapid.IntRange(-3, 4), 1, 4).Draw(t, "net")
		remaining := rapid.IntRange(-1, 9).Draw(t, "remaining")
		weeks := rapid.IntRange(0, 5).Draw(t, "weeks")
		done, all := 0, 0
		var try func(left, week int)
		try = func(left, week int) {
			if week == weeks || left <= 0 {
				// A path that ends early stands for all its continuations.
				share := int(math.Pow(float64(len(net)), float64(weeks-week)))
				all += share
				if left <= 0 {
					done += share
				}
				return
			}
			for _, burned := range net {
				try(left-burned, week+1)
			}
		}
		try(remaining, 0)
		if got, want := Forecast(net, remaining, weeks), float64(done)/float64(all); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

// Section 10, property 7.
func TestForecastIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		net := rapid.SliceOfN(rapid.IntRange(0, 6), 0, 12).Draw(t, "net")
		remaining := rapid.IntRange(0, 40).Draw(t, "remaining")
		weeks := rapid.IntRange(0, 20).Draw(t, "weeks")
		p := Forecast(net, remaining, weeks)
		if later := Forecast(net, remaining, weeks+1); later < p-1e-12 {
			t.Fatalf("%v with a week more, %v without", later, p)
		}
		if more := Forecast(net, remaining+1, weeks); more > p+1e-12 {
			t.Fatalf("%v with an item more, %v without", more, p)
		}
		if p < 0 || p > 1 {
			t.Fatal(p)
		}
	})
}

func TestForecastLooksTenYearsAhead(t *testing.T) {
	if a, b := Forecast([]int{0, 1}, 300, 520), Forecast([]int{0, 1}, 300, 1_000_000); a != b || a == 0 {
		t.Errorf("ten years %v, twenty thousand %v", a, b)
	}
}

func TestLeaveOneOut(t *testing.T) {
	if low, high := LeaveOneOut([]int{3}, 3, 1); low != 0 || high != 1 {
		t.Errorf("one week tells [%v, %v]", low, high)
	}
	if low, high := LeaveOneOut([]int{0, 1, 2}, 2, 1); low != 0 || high != 0.5 {
		t.Errorf("[%v, %v]", low, high)
	}
}

func weeks(completed ...int) []Week {
	list := make([]Week, len(completed))
	for i, n := range completed {
		list[i] = Week{Week: i, Completed: n}
	}
	return list
}

func TestObserved(t *testing.T) {
	const today = 20000
	for _, c := range []struct {
		name       string
		d          Delivery
		status     stat.Status
		value      float64
		alert      bool
		n, week, b int
	}{
		{"no due date", Delivery{Weeks: weeks(1, 1, 1, 1, 1), Open: 3, Today: today, Due: objective.NoDate}, stat.Undefined, 0, false, 0, 0, 0},
		{"nothing ever in scope", Delivery{Weeks: weeks(0, 0, 0, 0, 0), Today: today, Due: today + 70}, stat.Undefined, 0, false, 0, 0, 0},
		{"nothing open any more", Delivery{Weeks: weeks(0, 2), Today: today, Due: today + 70}, stat.OK, 1, true, 2, 0, 0},
		{"nothing open after the due date", Delivery{Weeks: weeks(0, 2), Today: today, Due: today - 70}, stat.OK, 1, true, 2, 0, 0},
		{"six days left", Delivery{Weeks: weeks(1, 1, 1, 1, 1), Open: 1, Today: today, Due: today + 6}, stat.InsufficientData, 0, false, 5, 0, 0},
		{"past the due date", Delivery{Weeks: weeks(1, 1, 1, 1, 1), Open: 1, Today: today, Due: today - 30}, stat.InsufficientData, 0, false, 5, 0, 0},
		{"four weeks", Delivery{Weeks: weeks(1, 1, 1, 1), Open: 1, Today: today, Due: today + 7}, stat.InsufficientData, 0, false, 4, 1, 0},
		{"five weeks", Delivery{Weeks: weeks(1, 1, 1, 1, 1), Open: 1, Today: today, Due: today + 13}, stat.OK, 0.98, false, 5, 1, 0},
		{"eight weeks", Delivery{Weeks: weeks(1, 1, 1, 1, 1, 0, 0, 0), Open: 1, Today: today, Due: today + 7}, stat.OK, 5 / 8.0, true, 8, 1, 0},
		{"the last twelve", Delivery{Weeks: weeks(0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0), Open: 1, Today: today, Due: today + 7}, stat.OK, 11 / 12.0, true, 12, 1, 0},
		{"nothing burned", Delivery{Weeks: weeks(0, 0, 0, 0, 0), Open: 1, Today: today, Due: today + 7}, stat.OK, 0.02, false, 5, 1, 0},
		{"bulk closing", Delivery{Weeks: weeks(2, 1, 40, 2, 1), Open: 3, Today: today, Due: today + 7}, stat.OK, 0.02, false, 5, 1, 1},
	} {
		got := ObservedOf(c.d)
		if got.Status != c.status || math.Abs(got.Value-c.value) > 1e-12 || got.Alertable != c.alert || got.N != c.n || got.WeeksLeft != c.week || got.Bulk != c.b {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestBurn(t *testing.T) {
	for _, c := range []struct {
		name      string
		completed []int
		want      []int
		bulk      int
	}{
		{"five times the median is none", []int{1, 2, 2, 10, 2}, []int{1, 2, 2, 10, 2}, 0},
		{"more is", []int{1, 2, 2, 11, 2}, []int{1, 2, 2, 2, 2}, 1},
		{"two weeks", []int{1, 2, 2, 11, 12, 2, 2}, []int{1, 2, 2, 11, 11, 2, 2}, 1},
		{"most weeks complete nothing", []int{0, 0, 0, 1, 2, 0, 0}, []int{0, 0, 0, 1, 2, 0, 0}, 0},
		{"most weeks complete nothing, one everything", []int{0, 1, 0, 1, 50, 0, 0}, []int{0, 1, 0, 1, 1, 0, 0}, 1},
		{"one week", []int{50}, []int{50}, 0},
	} {
		if net, bulk := burn(weeks(c.completed...)); !slices.Equal(net, c.want) || bulk != c.bulk {
			t.Errorf("%s: %v with %d cut, want %v", c.name, net, bulk, c.want)
		}
	}
}

func TestObservedBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Delivery{Today: 20000, Due: objective.Date(20000 + rapid.IntRange(-5, 80).Draw(t, "due"))}
		d.Open = rapid.IntRange(0, 30).Draw(t, "open")
		for i := range rapid.IntRange(0, 14).Draw(t, "weeks") {
			d.Weeks = append(d.Weeks, Week{i, rapid.IntRange(0, 9).Draw(t, "completed"), rapid.IntRange(-2, 5).Draw(t, "added")})
		}
		o := ObservedOf(d)
		if !o.OK() {
			return
		}
		if !(0 <= o.RawLower && o.RawLower <= o.Raw && o.Raw <= o.RawUpper && o.RawUpper <= 1) {
			t.Fatalf("%+v", o)
		}
		if !(o.Lower <= o.Value && o.Value <= o.Upper) || d.Open > 0 && (o.Lower < 0.02 || o.Upper > 0.98) {
			t.Fatalf("%+v", o)
		}
	})
}

func TestWeeksOfMoves(t *testing.T) {
	monday := objective.Date(20003) // 2024-10-07
	if monday != monday.Monday() {
		t.Fatalf("%v is no Monday", monday)
	}
	moves := []Move{
		{monday - 1, Joined}, {monday, Joined}, {monday + 6, Completed},
		{monday + 7, Left}, {monday + 8, Joined}, {monday + 9, Joined}, {monday + 20, Completed}, {monday + 21, Completed},
	}
	w := stat.WeekOf(int(monday))
	for _, c := range []struct {
		from, until objective.Date
		want        []Week
	}{
		{monday, monday + 20, []Week{{w, 1, 1}, {w + 1, 0, 1}, {w + 2, 1, 0}}},
		{monday - 3, monday + 26, []Week{{w, 1, 1}, {w + 1, 0, 1}, {w + 2, 1, 0}}},
		{monday + 1, monday + 19, []Week{{w + 1, 0, 1}}},
		{monday + 1, monday + 12, nil},
		{monday + 30, monday, nil},
	} {
		if got := Burn(moves, c.from, c.until); !slices.Equal(got, c.want) {
			t.Errorf("%v to %v: %v, want %v", c.from, c.until, got, c.want)
		}
	}
	if !UseMilestones(0, 5) || UseMilestones(0, 4) || UseMilestones(1, 9) {
		t.Error("milestones stand for items only where there are at least five and no items")
	}
}

func TestReported(t *testing.T) {
	now := time.Date(2025, 3, 31, 12, 0, 0, 0, time.UTC)
	ago := func(days float64) time.Time { return now.Add(-time.Duration(days * 24 * float64(time.Hour))) }
	for _, c := range []struct {
		name    string
		reports []Report
		status  stat.Status
		value   float64
		n       int
		spread  float64 // negative when it is not told
	}{
		{"nobody", nil, stat.Undefined, 0, 0, -1},
		{"one", []Report{{"a", 0.4, ago(1)}}, stat.OK, 0.4, 1, -1},
		{"exactly 28 days", []Report{{"a", 0.4, ago(28)}}, stat.OK, 0.4, 1, -1},
		{"the lowest", []Report{{"a", 0, ago(1)}}, stat.OK, 0, 1, -1},
		{"the highest", []Report{{"a", 1, ago(1)}}, stat.OK, 1, 1, -1},
		// .5^(14/14) + .5^(14/14) = .5^0: half on either side.
		{"two weeks halve the weight", []Report{{"a", 0.8, ago(0)}, {"b", 0.2, ago(14)}, {"c", 0.2, ago(14)}}, stat.OK, 0.5, 3, -1},
		{"too old", []Report{{"a", 0.4, ago(28.01)}}, stat.InsufficientData, 0, 0, -1},
		{"of the future", []Report{{"a", 0.4, ago(1)}, {"a", 0.9, ago(-1)}}, stat.OK, 0.4, 1, -1},
		{"out of range", []Report{{"a", 1.1, ago(1)}, {"b", -0.1, ago(1)}, {"c", math.NaN(), ago(1)}}, stat.Undefined, 0, 0, -1},
		{"the last of each counts", []Report{{"a", 0.9, ago(1)}, {"a", 0.1, ago(2)}, {"a", 0.2, ago(3)}, {"b", 0.9, ago(1)}}, stat.OK, 0.9, 2, -1},
		{"the lower of two at once", []Report{{"a", 0.9, ago(1)}, {"a", 0.1, ago(1)}}, stat.OK, 0.1, 1, -1},
		{"unnamed ones are each their own", []Report{{"", 0.9, ago(1)}, {"", 0.1, ago(1)}}, stat.OK, 0.5, 2, -1},
		{"fresher weighs more", []Report{{"a", 0.9, ago(1)}, {"b", 0.1, ago(20)}}, stat.OK, 0.9, 2, -1},
		{"spread of five", []Report{{"a", 0.2, ago(1)}, {"b", 0.4, ago(1)}, {"c", 0.5, ago(1)}, {"d", 0.7, ago(1)}, {"e", 0.9, ago(1)}}, stat.OK, 0.5, 5, 0.65 - 0.25},
	} {
		got := ReportedOf(c.reports, now)
		if got.Status != c.status || math.Abs(got.Value-c.value) > 1e-12 || got.N != c.n {
			t.Errorf("%s: %+v", c.name, got)
		}
		if got.Spread.OK() != (c.spread >= 0) || c.spread >= 0 && math.Abs(got.Spread.Value-c.spread) > 1e-12 {
			t.Errorf("%s: spread %+v, want %v", c.name, got.Spread, c.spread)
		}
		slices.Reverse(c.reports)
		if again := ReportedOf(c.reports, now); again != got {
			t.Errorf("%s: in another order it is %+v", c.name, again)
		}
	}
	old := ReportedOf([]Report{{"a", 0.4, ago(40)}, {"b", 0.4, ago(50)}}, now)
	if age, ok := old.Age(now); !ok || age != 40*24*time.Hour {
		t.Errorf("age %v %v", age, ok)
	}
	if _, ok := ReportedOf(nil, now).Age(now); ok {
		t.Error("nobody's report has an age")
	}
}

func TestBands(t *testing.T) {
	bands := map[float64]Band{0: Red, 0.39: Red, 0.4: Yellow, 0.69: Yellow, 0.7: Green, 1: Green}
	tenth := 0.1
	bands[1-tenth-tenth-tenth] = Green // 0.7000000000000001
	bands[0.8-tenth] = Green
	bands[math.Nextafter(0.7, 0)] = Green
	for value, want := range bands {
		if got := BandOf(value); got != want {
			t.Errorf("%v is %s", value, got)
		}
	}
}
