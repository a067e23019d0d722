%% A supervised application of three connected nodes, of which the one leads whose member has the name `leader` with `global`.
-module(greeter).
-behaviour(application).
-behaviour(supervisor).
-export([start/2, stop/1, init/1, member/0, door/0]).

start(_Type, _Arguments) ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

stop(_State) ->
    ok.

init([]) ->
    Children = [#{id => Id, start => {proc_lib, start_link, [?MODULE, Id, []]}} || Id <- [member, door]],
    {ok, {#{strategy => one_for_one, intensity => 5, period => 10}, Children}}.

%% Looks for the nodes that are missing, and leads where nobody does.
member() ->
    register(member, self()),
    ok = net_kernel:monitor_nodes(true),
    proc_lib:init_ack({ok, self()}),
    member(false, false).

member(Led, Disputed) ->
    [net_kernel:connect_node(Node) || Node <- missing()],
    Leads = lead(),
    [logger:notice("~s ~s", [node(), change(Leads)]) || Leads =/= Led],
    receive
        {nodeup, Node} -> logger:notice("~s is up, ~b of ~b are connected", [Node, connected(), length(peers())]);
        {nodedown, Node} -> logger:warning("~s is down, ~b of ~b are connected", [Node, connected(), length(peers())]);
        {global_name_conflict, leader} -> logger:warning("two led, and the other one goes on")
    after 500 ->
        ok
    end,
    member(Leads, Leads andalso dispute(Disputed)).

change(true) -> "leads";
change(false) -> "does not lead any more".

%% Only among most of all nodes: `global` alone would have a leader in each part of a cluster that is cut in two.
lead() ->
    Self = self(),
    case {2 * connected() > length(peers()), global:whereis_name(leader)} of
        {true, undefined} -> known_nowhere() andalso global:register_name(leader, Self, fun global:random_notify_name/3) =:= yes;
        {true, Leader} -> Leader =:= Self;
        {false, Self} ->
            global:unregister_name(leader),
            false;
        {false, _} -> false
    end.

%% `global` may leave two who lead, each in its own tables, after nodes have met and lost each other at once. Who leads asks the others whom
%% they know. Where that stays another, it parts from them and meets them anew; no two wait equally long.
dispute(Disputed) ->
    Now = erlang:monotonic_time(millisecond),
    Answers = erpc:multicall(nodes(), global, whereis_name, [leader], 1000),
    case {[Known || {ok, Known} <- Answers, Known =/= self()], Disputed} of
        {[], _} -> false;
        {_, {until, Time}} when Now < Time -> Disputed;
        {_, {until, _}} ->
            part("others know of another leader"),
            false;
        _ -> {until, Now + 3000 + rand:uniform(3000)}
    end.

part(Why) ->
    logger:warning("~s: ~s leaves the others and meets them anew", [Why, node()]),
    [erlang:disconnect_node(Node) || Node <- nodes()].

%% Who has just been connected again learns first which names the others know. Where `global` waits in vain for that, as it may after
%% nodes have met and lost each other at once, they part and meet anew.
known_nowhere() ->
    {Pid, Asking} = spawn_monitor(fun() -> exit(global:sync()) end),
    receive
        {'DOWN', Asking, process, Pid, Answer} -> Answer =:= ok andalso global:whereis_name(leader) =:= undefined
    after 3000 ->
        demonitor(Asking, [flush]),
        exit(Pid, kill),
        part("names are not exchanged"),
        false
    end.

%% Says over HTTP who leads, and how many are connected: 200 where somebody leads, 503 where nobody does.
door() ->
    {ok, Listen} = gen_tcp:listen(8080, [binary, {packet, http_bin}, {active, false}, {reuseaddr, true}]),
    proc_lib:init_ack({ok, self()}),
    door(Listen).

door(Listen) ->
    {ok, Socket} = gen_tcp:accept(Listen),
    case request(Socket) of
        whole -> answer(Socket);
        {error, _} -> ok
    end,
    gen_tcp:close(Socket),
    door(Listen).

request(Socket) ->
    case gen_tcp:recv(Socket, 0, 1000) of
        {ok, http_eoh} -> whole;
        {ok, _} -> request(Socket);
        {error, Reason} -> {error, Reason}
    end.

answer(Socket) ->
    {Status, Role, Leader} = case global:whereis_name(leader) of
        undefined -> {"503 Service Unavailable", "none", ""};
        Pid when node(Pid) =:= node() -> {"200 OK", "leader", node()};
        Pid -> {"200 OK", "follower", node(Pid)}
    end,
    Body = io_lib:format("{\"role\":\"~s\",\"leader\":\"~s\",\"connected\":~b}~n", [Role, Leader, connected()]),
    Headers = "content-type: application/json\r\nconnection: close\r\n",
    gen_tcp:send(Socket, ["HTTP/1.1 ", Status, "\r\n", Headers, "\r\n", Body]).

connected() ->
    length(peers()) - length(missing()).

missing() ->
    peers() -- [node() | nodes()].

peers() ->
    {ok, Peers} = application:get_env(?MODULE, peers),
    Peers.
