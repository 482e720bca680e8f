package verify

func (j *networkJudge) gatewaySources(o Object) bool { return false }
