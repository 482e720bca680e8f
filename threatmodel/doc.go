// Package threatmodel turns a specification and what is known about its controls into attack paths.
//
// The graph is an AND/OR graph. A [Position] is something that an attacker may hold: a place where he runs code, a
// credential, network reach. An [Edge] is one variant of an attack step at one place of the specification: when all its
// premises are held and every control that blocks it is down, its conclusion is held too. A control for a subject is
// down when nothing relies on it being up (see [model.Posture]), or when the attacker holds a position from which he can
// undo it. All of this is monotone: the attacker keeps what he has, so cycles do no harm and the order of the steps
// does not matter.
//
// [Build] makes the graph of everything that the specification allows, whatever the controls are. [Graph.Analyse] judges
// it under a posture and returns a [Report]: what each attacker reaches and how, which control in which file stops him
// where, and what would have to exist to close what is open. The catalogue of steps is [Steps].
//
// The results are possibilities relative to the catalogue, not probabilities.
package threatmodel
