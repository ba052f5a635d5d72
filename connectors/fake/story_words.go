package fake

// loyalty is what the drift adds to the checkout, which is declared not to be
// about it.
const loyalty = "loyalty points in the basket"

// titled makes a title of two of five: what is done, and to what.
func (s *Story) titled(f Focus, verb, thing int) string {
	what := themes[f][1][thing]
	if s.beyond(f, thing) {
		what = loyalty
	}
	return themes[f][0][verb] + " " + what
}

// beyond reports whether what is done for an objective is past its boundary: from
// the drift on, a fifth of the work on the checkout is.
func (s *Story) beyond(f Focus, thing int) bool {
	return f == onLatency && thing == 3 && s.week() >= driftBegins && !s.corrected
}

// why says in the words of whoever does it why something is done.
func (s *Story) why(t *task, verb, thing int) string {
	switch {
	case s.beyond(t.focus, thing):
		return extras[verb]
	case t.focus == onBilling && t.by.team == "growth" && s.week() >= driftBegins:
		return upsell[thing]
	case reasons[t.focus] != nil:
		return reasons[t.focus][thing]
	}
	return "What and why: see the commits."
}

// reasons are why things are done for the objectives, in the order of themes.
var reasons = map[Focus][]string{
	onLatency: {
		"Each fare lookup adds latency to the checkout, and travellers leave while they wait for a fare.",
		"The payment handshake is the slowest step of the checkout; its latency has to come down.",
		"Seat locks queue behind one another and hold up the payment at the end of the checkout.",
		"Pricing the basket asks for every fare again; that latency is felt in the checkout.",
		"The availability query runs twice before the payment, and its latency counts double in the checkout.",
	},
	onResidency: {
		"Passenger records of customers in Europe still leave the region; they belong in Frankfurt.",
		"Invoices of customers in Europe are rendered outside of the region, from where they must not be read.",
		"Backups leave the region every night; encrypt them and keep them in Frankfurt.",
		"Logs with names are shipped across the region's border; Europe's stay in Europe.",
		"The keys that encrypt records in Frankfurt are kept elsewhere; bring them into the region.",
	},
	onBilling: {
		"An operator who wants another plan has to call us; let the operator switch the plan alone.",
		"The operator asks billing for each invoice; the account page can show every invoice.",
		"Seat packages of a plan are changed by billing by hand; the operator can do that.",
		"An operator's payment method is on paper with billing; a plan change needs it.",
		"Credits of a plan that ends early are worked out by billing for every invoice.",
	},
}

// upsell is how one team speaks of the same work once the drift has begun: to
// them the plan is something to sell.
var upsell = []string{
	"A bigger plan converts best when the operator sees the plan before the trial ends.",
	"Show what the bigger plan would have cost; the operator takes that plan within the trial.",
	"Sell the next plan with more seats; an operator near the limit of a plan converts.",
	"An operator with a saved card takes the bigger plan; every plan sold counts for the quarter.",
	"Tease the bigger plan with a credit; the operator stays on the plan after the trial.",
}

// extras are why it is done, in the order of what is done.
var extras = []string{
	"Marketing promised that points turn up at once.",
	"The loyalty partner wants to be asked for each basket.",
	"Members look for their points before the payment.",
	"Nobody knows how many travellers collect loyalty points.",
	"The new programme starts with the summer timetable.",
}
