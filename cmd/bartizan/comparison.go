package main

import (
	"encoding/json"

	"github.com/bartizan-dev/bartizan/threatmodel"
)

// printComparison prints what a change does to attackers. That one comes nearer is a finding.
func printComparison(s *streams, format string, c *threatmodel.Comparison) error {
	if format == "json" {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		if err := e.Encode(c); err != nil {
			return err
		}
	} else {
		for _, x := range c.Weaker {
			s.out.printf("%s %s → %s: fault tolerance %s, was %s\n", s.out.in(red, "weaker:"), x.Attacker, x.Asset, x.Is, x.Was)
			if x.Path != nil {
				for _, step := range x.Path.Steps {
					s.out.printf("  %2d. %-5s %s\n", step.Number, step.Step, printable(step.Title))
				}
			}
		}
		for _, x := range c.Stronger {
			s.out.printf("%s %s → %s: fault tolerance %s, was %s\n", s.out.in(green, "stronger:"), x.Attacker, x.Asset, x.Is, x.Was)
		}
		for _, id := range c.Appeared {
			s.out.printf("only now: %s\n", printable(id))
		}
		for _, id := range c.Vanished {
			s.out.printf("no longer: %s\n", printable(id))
		}
		s.out.printf("%s of attacker and asset weaker, %d stronger.\n", count(len(c.Weaker), "pair"), len(c.Stronger))
	}
	if len(c.Weaker) > 0 {
		return errFound
	}
	return nil
}
