package store

import "time"

// A Delivery is one edition of the brief on its way to one outbox. The store
// keeps the newest state of each, for good: it is what keeps an edition from
// being delivered twice.
type Delivery struct {
	Outbox  string // the place, by a name that no other place has: "slack/C0123ABCD"
	Edition string // what is delivered: "weekly/2026-W14"
	State   DeliveryState
	Due     time.Time // when it was to be delivered
	// Attempts counts how often sending began, Tried is when it last did. Both
	// are stored before anything is sent.
	Attempts int
	Tried    time.Time
	// Receipt is what the place calls what was delivered, such as the ts of a
	// message.
	Receipt string
	Why     string // it is not delivered: a reason without content
	Body    []byte // what is to be sent, in an encoding of the caller's; empty once nothing is
}

// DeliveryState is how far a delivery has come.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryDue       DeliveryState = "due"       // nothing of it has arrived
	DeliverySending   DeliveryState = "sending"   // it was sent, and may have arrived
	DeliveryUnknown   DeliveryState = "unknown"   // it was sent, and nobody can tell whether it arrived
	DeliveryDelivered DeliveryState = "delivered" // it has arrived
	DeliveryGivenUp   DeliveryState = "given_up"  // it will not arrive
	DeliverySkipped   DeliveryState = "skipped"   // it was due before there was such an outbox
)
