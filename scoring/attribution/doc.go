// Package attribution says which objective each piece of work belongs to, and
// why.
//
// Rules are the compiled conditions of the declared objectives; a Matcher
// applies them to one item at a time. A Graph holds what attribution needs of
// every item (hashes of its keys and links, the outcome of its rules) and
// settles the cascade of section 4.15 of the score specification, in which the
// first hit wins:
//
//   - override: a human decided it;
//   - explicit: a key of the item, or a key whose work it does, stands for an
//     objective;
//   - inherited: along links, by the path with the greatest product of
//     weights, as long as the product reaches the threshold;
//   - rule: non-goals, then run work, then objectives, then what an objective
//     declares not to be its own;
//   - none: the work is unknown.
//
// Guesses from words come after these and before none. They are no business of a
// Graph, because they depend on which works are unknown and nothing inherits
// them: package scoring makes them.
//
// What is attributed is a work, not an item: a change, the commits it carries
// and every copy of them that another source saw are one. Of each method, what
// the change itself says stands before what its commits say.
//
// The outcome is a function of the items, the rules and the overrides alone.
// Neither the order in which items arrived nor how often Resolve ran can be
// seen in it. To that end works that reach each other along links are settled
// together: first from everything attributed outside of the circle, then from
// the rules of its own members.
//
// Which objectives are active on a day, and the bucket of stopped work that
// follows from it, is the business of the caller.
package attribution
