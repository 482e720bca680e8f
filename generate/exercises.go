package generate

import (
	"path"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

var exercises = &Generator{
	Name: "exercises",
	Doc: `incident exercises for this cluster, with its names

Six incidents, from what the specification declares: what the attacker can reach, what to type, whom to call, where the
traces are. They are exercises first; on the day they are a checklist.`,
	Run: runExercises,
}

// exercisesDir holds one document for each incident.
const exercisesDir = docsDir + "/exercises"

// exerciseTitles are the incidents, by file name. Together they are the "what if" of the threat model: code execution
// and request forgery from outside, a lost device, a poisoned image, somebody from inside, and no attacker at all.
var exerciseTitles = []struct{ Name, Title string }{
	{"remote-code-execution", "Somebody runs code in a published workload"},
	{"ssrf", "A published workload is made to send requests"},
	{"stolen-laptop", "A laptop is lost or stolen"},
	{"compromised-image", "An image turns out to be malicious"},
	{"insider", "Somebody with rights acts against us"},
	{"cluster-malfunction", "The cluster fails by itself"},
}

type exercisePage struct {
	Title    string
	Clusters []*exerciseCluster
	Spec     *model.Spec
}

func runExercises(p *Pass) error {
	if len(p.Spec.Clusters) == 0 {
		return nil
	}
	claimed := map[model.Hold]bool{}
	for _, c := range p.Claims {
		claimed[model.Hold{Control: c.Control, Subject: c.Subject}] = true
	}
	var clusters []*exerciseCluster
	for _, c := range p.Spec.Clusters {
		clusters = append(clusters, newExerciseCluster(p.Spec, c, claimed))
	}
	for _, e := range exerciseTitles {
		data, err := templates.Render(e.Name+".md.tmpl", exercisePage{e.Title, clusters, p.Spec})
		if err != nil {
			return err
		}
		p.File(Artifact{Path: path.Join(exercisesDir, e.Name+".md"), Data: data, Doc: e.Title, Where: "whoever is on call"})
	}
	p.Directory(Directory{Path: exercisesDir, Title: "Incident exercises", Doc: "Walk through one every quarter, with the people who would be called. " +
		"Whoever finds that a command does not work has found what the exercise is for.\n\nCommands that change the cluster need emergency access where the standing rights do not suffice: see `access/` of the cluster."})
	return nil
}
