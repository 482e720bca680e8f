package generate

import (
	"fmt"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

// A tree says what its specification says with the variables that were chosen for it. The workflow that proves the tree
// chooses the same; several environments have a workflow each.

// workflowFile is the name of a workflow in .github/workflows/.
func workflowFile(i model.Inputs, name string) string {
	if e := i.Environment(); e != "" {
		name += "-" + e
	}
	return "bartizan-" + name + ".yaml"
}

// treeVariable is the repository variable that names the tree, and treeDefault the directory where it is not set.
func treeVariable(i model.Inputs) string {
	if e := i.Environment(); e != "" {
		return "BARTIZAN_TREE_" + strings.ToUpper(strings.ReplaceAll(e, "-", "_"))
	}
	return "BARTIZAN_TREE"
}

func treeDefault(i model.Inputs) string {
	if e := i.Environment(); e != "" {
		return "generated/" + e
	}
	return "generated"
}

// inputArguments are the arguments by which a command in the workflow chooses the same variables, with the environment
// that carries them, so that no shell reads their text. The model refuses what the runner would read as an expression.
func inputArguments(i model.Inputs) (arguments string, env map[string]string) {
	env = map[string]string{}
	for k, file := range i.VarFiles {
		name := fmt.Sprintf("VAR_FILE_%d", k+1)
		env[name] = file
		arguments += fmt.Sprintf(` --var-file "source/$SPEC/$%s"`, name)
	}
	for k, v := range i.Vars {
		name := fmt.Sprintf("VAR_%d", k+1)
		env[name] = v.Text
		arguments += fmt.Sprintf(` --var "%s=$%s"`, templates.ShellDouble(v.Name), name)
	}
	return arguments, env
}
