module codingagentbench/fanout

go 1.19
