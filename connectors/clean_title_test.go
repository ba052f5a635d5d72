package connectors

import "testing"

func TestTitlesMentionNobody(t *testing.T) {
	for in, want := range map[string]string{
		"Fix the cart":                                                "Fix the cart",
		"Ask @zelda-quux, then fix":                                   "Ask @…, then fix",
		"@zelda: fix (@Ganon_1)":                                      "@…: fix (@…)",
		"cc @a @b":                                                    "cc @… @…",
		"Bump @types/node from 1 to 2":                                "Bump @types/node from 1 to 2",
		"Mail zelda.quux+x@corp.example.org":                          "Mail @…",
		"Reported by <zelda@corp.example>":                            "Reported by @…",
		"Hand over to [~accountid:712020:z-q]":                        "Hand over to @…",
		"Hand over to [~zelda] & [x]":                                 "Hand over to @… & [x]",
		"As <@U0ZELDA|zelda> said, <!here>":                           "As @… said, @…",
		"Meet at 5 @ the office":                                      "Meet at 5 @ the office",
		"a < b":                                                       "a < b",
		"Merge pull request #12 from zelda-quux/patch-1":              "Merge pull request #12",
		"Merge pull request #12 from zelda/x (PAY-1)":                 "Merge pull request #12 (PAY-1)",
		"Merge branch 'zelda/fix/cart' into main":                     "Merge branch 'cart' into main",
		"Merge branch 'main' of github.com:zelda/shop":                "Merge branch 'main'",
		"Merge branch 'main' of https://github.com/zelda/shop into x": "Merge branch 'main' into x",
		"Merge remote-tracking branch 'zelda/PAY-7'":                  "Merge remote-tracking branch 'PAY-7'",
		"Merge carts of one customer":                                 "Merge carts of one customer",
		"Überschrift an @zoë":                                         "Überschrift an @…",
	} {
		if got := unnamed(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
		if got := unnamed(want); got != want {
			t.Errorf("%q is not left alone: %q", want, got)
		}
	}
}
