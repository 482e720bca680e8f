package verify

import "github.com/bartizan-dev/bartizan/model"

// Words are the terms of verdicts.
var Words = []*model.Word{
	{
		Name: "claim", Also: []string{"claims", "claimed"},
		Doc: "A generator says that a file gives a subject a control. A claim is not believed: a check must prove the same from the bytes of the file.",
		See: []string{"proved", "finding", "lost"},
	},
	{
		Name: "finding", Also: []string{"findings"},
		Doc: "Something about the files that a person must look at: a check names the file, the place in it, and what is wrong.",
		See: []string{"claim", "lost"},
	},
	{
		Name: "drift", Also: []string{"drifted"},
		Doc: "A file of the tree differs from what the specification gives today: edited by hand, not generated again, missing, or put there by somebody else.",
		See: []string{"lost"},
	},
	{
		Name: "lost", Also: []string{"weakens", "unproved"},
		Doc: "A control that is claimed for the specification and no longer proved from the files. \"weakens\" tells which pairs of attacker and asset withstand fewer faults without it.",
		See: []string{"claim", "tolerance", "drift"},
	},
}
