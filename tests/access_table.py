"""Who may do what: a line for each method of each URL. `test_access.py` tries all of them, and fails when a URL has no line.

open   anybody, also without an account
person whoever is logged in or has a token; others get 401
self   only the person themself (their tokens)
key    who has the secret in the address (their own session, or an e-mail)
bot    a program with a key or token, sent as another product's clients do: a session counts for nothing, and so needs no CSRF token; others get 401
staff  whoever runs the site (`is_staff`); to others it does not exist
framed everybody where the project is shared, and nobody elsewhere: in a frame of another site no person is known
view   owner and members; edit: the same; own: the owner alone. What is not yours answers as what does not exist, 404
ask    whoever may view, and everybody where the project is shared (`tests/test_shared.py`); to others it does not exist
"""

PAGES = """
core:healthz                            GET  open
core:readyz                             GET  open
core:theme                              POST open
set_language                            POST open
projects:front                          GET  open
projects:front                          POST open
projects:mine                           GET  open
projects:settings                       GET  edit
projects:add_labels                     POST edit
projects:edit                           POST edit
projects:delete                         POST own
projects:rename_label                   POST edit
projects:remove_label                   POST edit
images:project                          GET  view
images:shelf                            GET  view
images:picture                          GET  view
images:thumb                            GET  view
images:change                           POST edit
images:move                             POST edit
images:set_aside                        POST edit
images:keep                             POST edit
images:delete                           POST edit
images:undo                             POST key
ingest:sample                           POST open
ingest:receive                          POST edit
ingest:upload                           GET  view
ingest:cancel                           POST edit
ingest:take_back                        POST edit
ingest:transfers                        POST edit
ingest:transfers                        OPTIONS open
ingest:transfer                         HEAD self
ingest:transfer                         PATCH self
ingest:transfer                         DELETE self
ingest:transfer                         OPTIONS open
ingest:discard                          POST self
collect:start                           POST edit
collect:words                           GET  edit
collect:start_all                       POST edit
collect:collection                      GET  view
collect:cancel                          POST edit
training:runs                           GET  view
training:start                          POST edit
training:offers                         POST edit
training:preview                        POST edit
training:preview_progress               GET  view
training:preview_picture                GET  view
training:run                            GET  view
training:cancel                         POST edit
training:evaluation                     GET  view
training:change                         POST edit
training:again                          POST edit
training:metrics                        GET  view
training:log                            GET  view
training:compare                        GET  open
training:place                          GET  view
training:queue                          GET  open
review:review                           GET  view
review:pictures                         GET  view
review:summary                          GET  view
review:progress                         GET  view
review:line                             GET  view
review:check                            POST edit
review:change                           POST edit
review:changes                          POST edit
review:undo                             POST edit
instant:instant                         GET  view
exports:exports                         GET  view
exports:start                           POST edit
exports:sources                         GET  view
exports:export                          GET  view
exports:cancel                          POST edit
exports:download                        GET  view
takedown:take_down                      POST own
serving:remove_run                      POST edit
serving:bring_back_run                  POST edit
serving:try                             GET  view
serving:try                             POST view
serving:try_model                       GET  view
serving:try_model                       POST view
serving:heat                            GET  view
serving:look                            POST view
serving:bring                           POST view
serving:keep                            POST edit
serving:models                          GET  view
serving:publishing                      POST edit
serving:put_in_use                      POST edit
serving:take_back                       POST edit
live:project_camera                     GET  view
live:model_camera                       GET  view
live:network                            GET  view
live:familiar                           GET  view
answers:answers                         GET  view
answers:csv                             GET  view
answers:keep                            POST own
answers:delete_all                      POST edit
answers:picture                         GET  view
answers:delete                          POST edit
answers:correct                         POST edit
answers:correction                      GET  view
answers:compare                         POST view
answers:undo                            POST edit
sharing:quiz                            GET  ask
sharing:quiz_start                      POST ask
sharing:quiz_guess                      POST ask
sharing:quiz_next                       POST ask
sharing:quiz_name                       POST ask
sharing:quiz_picture                    GET  key
sharing:delete_score                    POST edit
sharing:gallery                         GET  open
sharing:remix                           GET  ask
sharing:remix                           POST ask
sharing:remix_progress                  GET  view
sharing:remix_cancel                    POST edit
sharing:remix_again                     POST edit
sharing:report                          GET  ask
sharing:report                          POST ask
sharing:reports                         GET  staff
sharing:hide                            POST staff
sharing:unhide                          POST staff
sharing:settle                          POST staff
sharing:ask_again                       POST own
accounts:tokens                         GET  open
accounts:tokens                         POST open
accounts:revoke                         POST self
sharing:play                            GET  ask
sharing:play                            POST ask
sharing:example                         GET  ask
sharing:example_thumb                   GET  ask
sharing:qr                              GET  ask
sharing:card                            GET  ask
sharing:embed                           GET  framed
sharing:embed                           POST framed
sharing:share                           POST own
sharing:renew                           POST own
account_login                           GET  open
account_login                           POST open
account_logout                          GET  open
account_logout                          POST open
account_inactive                        GET  open
account_signup                          GET  open
account_signup                          POST open
account_reauthenticate                  GET  open
account_reauthenticate                  POST open
account_email                           GET  open
account_email                           POST open
account_email_verification_sent         GET  open
account_change_password                 GET  open
account_change_password                 POST open
account_set_password                    GET  open
account_set_password                    POST open
account_reset_password                  GET  open
account_reset_password                  POST open
account_reset_password_done             GET  open
account_reset_password_from_key         GET  key
account_reset_password_from_key         POST key
account_reset_password_from_key_done    GET  open
account_confirm_email                   GET  key
account_confirm_email                   POST key
account_confirm_login_code              GET  open
account_confirm_login_code              POST open
"""

API = """
api:openapi-json                        GET    open
api:openapi-view                        GET    open
api:api-root                            GET    open
api:create_project                      POST   person
api:list_projects                       GET    person
api:get_project                         GET    view
api:change_project                      PATCH  edit
api:delete_project                      DELETE own
api:create_label                        POST   edit
api:change_label                        PATCH  edit
api:delete_label                        DELETE edit
api:merge_label                         POST   edit
api:create_upload                       POST   edit
api:get_upload                          GET    view
api:transfer_options                    OPTIONS open
api:create_transfer                     POST   edit
api:one_transfer_options                OPTIONS open
api:transfer_length                     HEAD   self
api:add_to_transfer                     PATCH  self
api:discard_transfer                    DELETE self
api:create_collection                   POST   edit
api:get_collection                      GET    view
api:get_instant                         GET    view
api:create_export                       POST   edit
api:get_export                          GET    view
api:get_export_zip                      GET    view
api:list_images                         GET    view
api:get_image                           GET    view
api:change_image                        PATCH  edit
api:delete_image                        DELETE edit
api:create_run                          POST   edit
api:list_runs                           GET    view
api:get_run                             GET    view
api:list_epochs                         GET    view
api:get_evaluation                      GET    view
api:cancel_run                          POST   edit
api:change_run                          PATCH  edit
api:delete_run                          DELETE edit
api:get_metrics                         GET    view
api:repeat_run                          POST   edit
api:restore_run                         POST   edit
api:compare_runs                        GET    person
api:get_queue                           GET    person
api:get_model                           GET    view
api:change_model                        PATCH  edit
api:predict_by_model                    POST   view
api:predict_by_project                  POST   view
api:get_bundle                          GET    view
api:list_models                         GET    view
api:publish_model                       POST   edit
"""

ADAPTERS = """
adapters:aimaker2018                    POST bot
adapters:customvision_image             POST bot
adapters:customvision_image_nostore     POST bot
adapters:customvision_url               POST bot
adapters:customvision_url_nostore       POST bot
adapters:roboflow                       POST bot
adapters:roboflow_registry              GET  bot
adapters:roboflow_add                   POST bot
adapters:roboflow_infer                 POST bot
adapters:v2                             GET  open
adapters:v2_live                        GET  open
adapters:v2_ready                       GET  open
adapters:v2_model                       GET  bot
adapters:v2_model_ready                 GET  bot
adapters:v2_infer                       POST bot
adapters:v2_version                     GET  bot
adapters:v2_version_ready               GET  bot
adapters:v2_version_infer               POST bot
"""

# What an operation of the API must be sent so that it gets as far as asking who is there.
BODIES = {
    "api:create_project": {"labels": ["a"]},
    "api:change_project": {"name": "Stolen"},
    "api:create_label": {"name": "stolen"},
    "api:change_label": {"name": "stolen"},
    "api:merge_label": {"into": "other_label"},
    "api:create_collection": {"label": "stolen"},
    "api:change_image": {"status": "set_aside"},
}


def rows() -> list[tuple[str, str, str]]:
    """(name of the URL, method, who) of each line."""
    return [tuple(line.split()) for line in (PAGES + API + ADAPTERS).strip().splitlines() if line]
