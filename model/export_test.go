package model

// LowerSteps makes evaluation end after a tenth of the steps, until the function returned is called: the fuzzer gives up
// on an input after ten seconds, in which instrumented code on a busy machine does not take all of them.
func LowerSteps() (restore func()) {
	steps, work := limitSteps.Most, limitWork.Most
	limitSteps.Most, limitWork.Most = steps/10, work/10
	return func() { limitSteps.Most, limitWork.Most = steps, work }
}
